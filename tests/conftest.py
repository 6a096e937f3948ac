import hypothesis

# A busy machine is no reason to fail a property; what it costs is measured in bench.
hypothesis.settings.register_profile("steady", deadline=None, print_blob=True)
hypothesis.settings.load_profile("steady")
