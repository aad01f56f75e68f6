"""The bill of materials of what is packaged, as CycloneDX: each part with its version, licence and package address."""

from collections.abc import Sequence

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from inventory import OURS, Part
from packageurl import PackageURL

_INDEX = {"distribution": "pypi", "system": "deb"}
"""What package addresses call the two places that parts are from."""


def of(parts: Sequence[Part], version: str) -> str:
    """JSON, the same from the same parts but for its serial number and time."""
    bom = Bom()
    bom.metadata.tools.components.add(this_component())
    ours = Component(type=ComponentType.APPLICATION, name=OURS, version=version, bom_ref="mindfolio")
    bom.metadata.component = ours
    components = [_component(part) for part in parts if part.kind != "ours"]
    bom.components.update(components)
    bom.register_dependency(ours, components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


def _component(part: Part) -> Component:
    index = _INDEX.get(part.kind)
    namespace = "debian" if part.kind == "system" else None
    name = part.name.lower().replace("_", "-") if part.kind == "distribution" else part.name
    licences = LicenseFactory()
    return Component(
        type=ComponentType.LIBRARY,
        name=part.name,
        version=part.version,
        bom_ref=f"{part.kind}:{name}",
        licenses=[] if part.licence == "see its text" else [licences.make_from_string(part.licence)],
        purl=PackageURL(index, namespace, name, part.version) if index else None,
    )
