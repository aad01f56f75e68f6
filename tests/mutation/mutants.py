"""Every small change of a source that could matter: comparisons, arithmetic, conditions, numbers, statements left out.

A mutant is a changed copy of a file's tree. Words are not changed: what they say is read by people, not by tests.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_WORKED_OUT: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of a source: its line, and what is made of what."""

    line: int
    was: str
    made: str
    source: ast.Module
    place: int
    node: ast.AST

    def __str__(self) -> str:
        return f"{self.line}: {self.change}"

    @property
    def change(self) -> str:
        """What is made of what, which stays when lines move."""
        return f"{self.was} -> {self.made}"

    def tree(self) -> ast.Module:
        """The changed source; made only when it is run, since a copy takes its time."""
        changed = copy.deepcopy(self.source)
        found = next(each for at, each in enumerate(ast.walk(changed)) if at == self.place)
        _put(changed, found, self.node)
        return ast.fix_missing_locations(changed)


def mutants(source: str) -> Iterator[Mutant]:
    """Each mutant of a source, in its order."""
    tree = ast.parse(source)
    decorators = [each for node in ast.walk(tree) for each in getattr(node, "decorator_list", ())]
    left_out = {id(part) for each in decorators for part in ast.walk(each)}  # that a record is frozen is for the types
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in left_out:
            continue
        for made in _changes(node):
            yield Mutant(getattr(node, "lineno", 0), _shown(node), _shown(made), tree, place, made)


def _shown(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def _changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - one flat arm for each kind of node
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                for other in _COMPARED[type(operator)]:
                    ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
                    yield ast.copy_location(ast.Compare(node.left, ops, node.comparators), node)
        case ast.BinOp() if type(node.op) in _WORKED_OUT and not isinstance(node.left, ast.JoinedStr):
            yield ast.copy_location(ast.BinOp(node.left, _WORKED_OUT[type(node.op)](), node.right), node)
        case ast.AugAssign() if type(node.op) in _WORKED_OUT:
            yield ast.copy_location(ast.AugAssign(node.target, _WORKED_OUT[type(node.op)](), node.value), node)
        case ast.BoolOp():
            other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.copy_location(ast.BoolOp(other_op, node.values), node)
            for place in range(len(node.values)):
                rest = [*node.values[:place], *node.values[place + 1 :]]
                yield rest[0] if len(rest) == 1 else ast.copy_location(ast.BoolOp(node.op, rest), node)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.copy_location(ast.Constant(not value), node)
        case ast.Constant(value=int(number)):
            yield ast.copy_location(ast.Constant(number + 1), node)
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            yield ast.copy_location(ast.Call(ast.Name(_TWINS[name], ast.Load()), node.args, node.keywords), node)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.If() | ast.While():
            if not isinstance(node.test, ast.BoolOp | ast.Compare | ast.UnaryOp):
                changed = copy.copy(node)
                changed.test = ast.UnaryOp(ast.Not(), node.test)
                yield changed
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Raise():
            yield ast.copy_location(ast.Pass(), node)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.copy_location(ast.Pass(), node)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.copy_location(ast.Return(ast.Constant(None)), node)


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    """The new node in the place of the old one."""
    new = copy.deepcopy(new)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(each is old for each in value):
                setattr(parent, name, [new if each is old else each for each in value])
                return
