"""The media node: owns conferences (connections, patches, recorder) and knows no names, only ids."""
