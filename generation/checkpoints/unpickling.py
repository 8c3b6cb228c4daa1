"""Pickles, read without being obeyed: nothing that one names is imported, called or changed.

A pickle is a program for a stack machine whose opcodes may import and call whatever Python can. The machine here knows
the opcodes of all protocols and makes only plain values, containers and records: where Python would look something up,
it keeps the name, and where Python would call that, it notes what was to be called and with what.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

MAX_OPCODES = 4_000_000
"""Of one pickle. A checkpoint of a thousand tensors has some forty thousand."""
MAX_PLACES = 1 << 32
"""In the memo, of which binary opcodes count with 32 bits; larger numbers could be chosen to have one hash."""
MAX_NAME = 500
"""Characters in the name of a class with its module."""
_PERSISTENT = "persistent"
_LITERALS = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)
"""Opcodes that push their argument."""


@dataclass(frozen=True, slots=True)
class Name:
    """A class or a function that a pickle names, with its module; it stays a name."""

    text: str


@dataclass(slots=True, eq=False)
class Record:
    """What Python would have made by a call.

    Args:
        kind: full name of what would have been called, ``object`` where that is not a name.
        arguments: of the call.
        entries: that were set on it by a key that is a text; others are dropped, as are elements of lists and sets.
        state: that was given to it.
    """

    kind: str
    arguments: tuple[Any, ...] = ()
    entries: dict[str, Any] = field(default_factory=dict)
    state: Any = None

    @property
    def persistent_id(self) -> Any:
        """By which the pickle refers to something outside, None where it does not."""
        return self.arguments[0] if self.kind == _PERSISTENT else None


@dataclass(frozen=True, slots=True)
class Pickled:
    """A pickle that was read.

    Args:
        value: a plain value, a list, a tuple, a dict (with its texts as keys only), a `Record` or a `Name`.
        persistent_ids: of all that it refers to outside.
    """

    value: Any
    persistent_ids: list[Any]


def unpickle(stream: IO[bytes], max_opcodes: int = MAX_OPCODES) -> Pickled:
    """Read one pickle; the stream is left at its end.

    Time and memory are in proportion to its length, and bounded.

    Raises:
        ValueError, LookupError, TypeError: it is no pickle, is damaged, or has too many opcodes.
    """
    machine = _Machine()
    for count, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if count == max_opcodes:
            raise ValueError("The pickle has too many opcodes.")
        machine.obey(opcode.name, argument)
    return Pickled(machine.pop(), machine.persistent_ids)


class _Machine:
    def __init__(self) -> None:
        self.persistent_ids: list[Any] = []
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        """The stacks beneath each mark."""
        self._memo: dict[int, Any] = {}
        push, pop = self._push, self.pop
        self._opcodes: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(_LITERALS, push),
            **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda _: None),
            "NONE": lambda _: push(None),
            "NEWTRUE": lambda _: push(True),
            "NEWFALSE": lambda _: push(False),
            "EMPTY_LIST": lambda _: push([]),
            "EMPTY_TUPLE": lambda _: push(()),
            "EMPTY_DICT": lambda _: push({}),
            "EMPTY_SET": lambda _: push(Record("set")),
            "LIST": lambda _: push(self._pop_mark()),
            "TUPLE": lambda _: push(tuple(self._pop_mark())),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "DICT": lambda _: self._dict(self._pop_mark()),
            "FROZENSET": lambda _: push(Record("frozenset", tuple(self._pop_mark()))),
            "APPEND": lambda _: self._extend([pop()]),
            "APPENDS": lambda _: self._extend(self._pop_mark()),
            "ADDITEMS": lambda _: self._extend(self._pop_mark()),
            "SETITEM": lambda _: self._set_items([pop(), pop()][::-1]),
            "SETITEMS": lambda _: self._set_items(self._pop_mark()),
            "MARK": lambda _: self._mark(),
            "POP_MARK": lambda _: self._drop_mark(),
            "POP": lambda _: self._drop(),
            "DUP": lambda _: push(self._stack[-1]),
            **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda place: push(self._memo[place])),
            **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), self._put),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "GLOBAL": lambda pair: push(_named(*pair.split(" ", 1))),
            "STACK_GLOBAL": lambda _: push(_named(*[pop(), pop()][::-1])),
            "REDUCE": lambda _: self._call(*[pop(), pop()][::-1]),
            "NEWOBJ": lambda _: self._call(*[pop(), pop()][::-1]),
            "NEWOBJ_EX": lambda _: self._call(*[pop(), pop(), pop()][:0:-1]),
            "OBJ": lambda _: self._call_first(self._pop_mark()),
            "INST": lambda pair: self._call(_named(*pair.split(" ", 1)), tuple(self._pop_mark())),
            "BUILD": lambda _: self._build(pop()),
            "PERSID": self._refer,
            "BINPERSID": lambda _: self._refer(pop()),
        }
        # Not there, and so refused: extension codes, which are numbers for names, and buffers outside of the pickle.

    def obey(self, opcode: str, argument: Any) -> None:
        """Take one step."""
        self._opcodes[opcode](argument)

    def pop(self) -> Any:
        """Take the top of the stack."""
        return self._stack.pop()

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list[Any]:
        values, self._stack = self._stack, self._below.pop()
        return values

    def _drop_mark(self) -> None:
        self._pop_mark()

    def _drop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._pop_mark()

    def _put(self, place: int) -> None:
        if not 0 <= place < MAX_PLACES:
            raise ValueError("The memo has no such place.")
        self._memo[place] = self._stack[-1]

    def _tuple(self, length: int) -> None:
        values = [self.pop() for _ in range(length)]
        self._push(tuple(reversed(values)))

    def _dict(self, flat: list[Any]) -> None:
        self._push({})
        self._set_items(flat)

    def _set_items(self, flat: list[Any]) -> None:
        target = self._stack[-1]
        entries = target.entries if isinstance(target, Record) else target
        if not isinstance(entries, dict):
            raise TypeError("Entries are set on what has none.")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            if isinstance(key, str):
                entries[key] = value

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if isinstance(target, list):
            target.extend(values)
        elif not isinstance(target, Record):
            raise TypeError("Elements are added to what has none.")

    def _call_first(self, values: list[Any]) -> None:
        self._call(values[0], tuple(values[1:]))

    def _call(self, called: Any, arguments: Any) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError("Arguments are not a tuple.")
        record = Record(called.text if isinstance(called, Name) else "object", arguments)
        if record.kind in ("copyreg._reconstructor", "copy_reg._reconstructor"):
            # Protocols 0 and 1 make instances of subclasses so: class, base class, content as the base class.
            kind, _, content = arguments
            record.kind = kind.text if isinstance(kind, Name) else "object"
            record.entries = content if isinstance(content, dict) else {}
        self._push(record)

    def _build(self, state: Any) -> None:
        target = self._stack[-1]
        if isinstance(target, Record):
            target.state = state

    def _refer(self, persistent_id: Any) -> None:
        self.persistent_ids.append(persistent_id)
        self._push(Record(_PERSISTENT, (persistent_id,)))


def text(value: Any) -> str:
    """Return a value that is a text; what is not must not be hashed or written out.

    A few bytes make a tuple of which both halves are one tuple, and so on, for which either takes for ever.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(value, str):
        raise TypeError("A name is not a text.")
    return value


def _named(module: Any, name: Any) -> Name:
    if len(text(module)) + len(text(name)) >= MAX_NAME:
        raise ValueError("The name of a class is too long.")
    return Name(f"{module}.{name}")
