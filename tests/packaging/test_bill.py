"""The bill of materials: each part of others, with its version, licence and package address."""

import json

import pytest
from inventory import OURS, Part

pytest.importorskip("cyclonedx", reason="of the group package")


def test_each_part_of_others_is_in_it_with_where_it_is_from() -> None:
    import bill  # noqa: PLC0415 - needs what was looked for above
    from packageurl import PackageURL  # noqa: PLC0415 - as above

    parts = [
        Part("numpy", "2.4.6", "distribution", "BSD-3-Clause", (), 1),
        Part("libxcb1", "1.15-1", "system", "see its text", (), 1),
        Part("Python", "3.11.7", "python", "PSF-2.0", (), 1),
        Part(OURS, "0.1.0", "ours", "MIT", (), 1),
    ]
    document = json.loads(bill.of(parts, "0.1.0"))
    assert document["bomFormat"] == "CycloneDX"
    assert document["metadata"]["component"]["name"] == OURS
    found = {each["name"]: each for each in document["components"]}
    assert set(found) == {"numpy", "libxcb1", "Python"}
    assert found["numpy"]["purl"].endswith("/numpy@2.4.6")
    assert found["libxcb1"]["purl"] == PackageURL("deb", "debian", "libxcb1", "1.15-1").to_string()
    assert found["numpy"]["licenses"][0]["license"]["id"] == "BSD-3-Clause"
    (ours,) = [each for each in document["dependencies"] if each["ref"] == "mindfolio"]
    assert len(ours["dependsOn"]) == 3
