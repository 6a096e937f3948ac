import os

import hypothesis

# A busy machine is no reason to fail a property; what it costs is measured in bench. HYPOTHESIS=thorough looks longer.
hypothesis.settings.register_profile("steady", deadline=None, print_blob=True, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS", "steady"))
