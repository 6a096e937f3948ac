"""Lists of participants as files: XML, XLSX and CSV to frozen values and back, and what an import would do.

Nothing here touches a database or the network. `reading.read` takes any bytes, `comparing.compare` is the dry run,
`writing` and `writing_xml` export, `template` is the file a school fills in. docs/IMPORT.md is for the school.
"""
