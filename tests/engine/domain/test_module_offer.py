"""Whose program an offer is of."""

from engine.core.money import dollars
from engine.domain.module_offer import ModuleOffer
from tests.builders import module_spec


def test_a_program_of_its_own_is_a_users() -> None:
    offer = ModuleOffer("alpha", module_spec(), "", dollars(1), (), (), ())
    assert not offer.is_users
    assert ModuleOffer("alpha", module_spec(program="ab"), "", dollars(1), (), (), ()).is_users
