"""What modules can be made of, for the window's tests: one kind of ours and one of a user's."""

from dataclasses import replace

from engine.core.money import dollars
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.module_offer import ModuleOffer, Offers
from engine.domain.parameter import ParameterSpec
from engine.domain.structure import StructureKind

SYMBOLS = ("KO", "SPY", "TSLA")
DAYS = ParameterSpec("max_days", "Expiry to", "days", 45, 1, 365, "Furthest expiry.")
WIDTH = ParameterSpec("wing_width", "Wing width", "$", 5.0, 0.5, 500, "Strike gap.")
LOSS = ParameterSpec("at_loss", "Also at a loss", "0 or 1", 0, 0, 1, "1: strikes at a loss too.")
SPEC = ModuleSpec(
    module_id="IV_SERVICE",
    kind=ModuleKind.IV_SERVICE,
    name="IV Service",
    limits=ModuleLimits(dollars(500), dollars("1000.50")),
    autotrade=False,
    universe=SYMBOLS,
    structures=(StructureKind.IRON_CONDOR, StructureKind.CALENDAR),
    parameters={"max_days": 45, "wing_width": 5.0, "at_loss": 0},
)
OFFER = ModuleOffer(
    "IV Service", SPEC, "Sells condors.", dollars(15_000), SPEC.structures, (DAYS, WIDTH, LOSS), SPEC.structures
)
USERS = ModuleOffer(
    "mine",
    replace(SPEC, module_id="MINE", name="mine", kind=ModuleKind.USER, program="ab", parameters={}),
    "",
    dollars(2_000),
    (StructureKind.IRON_CONDOR,),
    (),
    (),
)
OFFERS = Offers((OFFER, USERS), SYMBOLS)
