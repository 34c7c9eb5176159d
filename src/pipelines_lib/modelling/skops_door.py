"""How a fitted scikit-learn estimator is kept, so that reading it back runs no code.

The only module that knows skops. A file is a zip of JSON and plain arrays. Reading admits
the types skops trusts by default and two that hold nothing but the nodes of a tree; skops
distrusts those because scikit-learn follows their node numbers without looking, so each
number is looked at here before the estimator is handed out. Anything else is refused.

Bytes depend on the fitted estimator alone: skops writes memory addresses, the time of day
and uninitialised padding, and all three are taken out again.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipelines_lib.errors import EvidenceError, SpecError, bounded
from pipelines_lib.storage import write_atomically

_TREE: Final = "sklearn.tree._tree.Tree"
_TREE_PREDICTOR: Final = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
CHECKED_TYPES: Final = (_TREE, _TREE_PREDICTOR)
"""Trusted beyond skops' own list, on condition that ``_check_nodes`` finds them sound."""

_SCHEMA = "schema.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time a zip can hold
_READABLE = 0o644 << 16
_LEAF = -1


def save_estimator(estimator: Any, path: Path) -> None:  # noqa: ANN401  (any estimator)
    """Write a fitted estimator; the same estimator gives the same bytes."""
    write_atomically(path, estimator_bytes(estimator))


def estimator_bytes(estimator: Any) -> bytes:  # noqa: ANN401  (any estimator)
    """Serialise a fitted estimator, or say that it has no form that is safe to read back."""
    from skops.io import dumps, get_untrusted_types
    from skops.io.exceptions import UnsupportedTypeException

    name = type(estimator).__name__
    try:
        data = _canonical(dumps(estimator))
        foreign = sorted(set(get_untrusted_types(data=data)) - set(CHECKED_TYPES))
    except (TypeError, UnsupportedTypeException):
        foreign = ["a part without a safe form"]
    if foreign:
        raise SpecError(
            f"{name} cannot be kept without code that runs on loading ({bounded(foreign)}).",
            fix="Choose xgboost, scorecard, or a scikit-learn classifier made of plain arrays "
            "and trees, such as sklearn.linear_model.LogisticRegression.",
        )
    return data


def load_estimator(path: Path, *, columns: int) -> Any:  # noqa: ANN401  (any estimator)
    """Read an estimator that scores ``columns`` columns; refuse whatever is not plainly one."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _refused(path, f"cannot be read ({exc.strerror})") from exc
    estimator = _trusted(path, data)
    for tree in _parts(estimator):
        _check_nodes(path, tree, columns)
    return estimator


def _trusted(path: Path, data: bytes) -> Any:  # noqa: ANN401  (any estimator)
    from skops.io import get_untrusted_types, loads
    from skops.io.exceptions import UntrustedTypesFoundException

    foreign: set[str] = set()
    try:
        foreign = set(get_untrusted_types(data=data)) - set(CHECKED_TYPES)
        return loads(data, trusted=list(CHECKED_TYPES))
    except UntrustedTypesFoundException as exc:
        named = bounded(sorted(foreign)) or "unnamed"
        raise _refused(path, f"holds types that are not trusted: {named}") from exc
    except Exception as exc:  # whatever a damaged file makes skops, zip or JSON stumble over
        raise _refused(path, f"is damaged ({type(exc).__name__})") from exc


def _refused(path: Path, problem: str) -> EvidenceError:
    return EvidenceError(
        f"The model file {path.name} {problem}.",
        fix="Do not load it by other means. Restore the package from the artifact store, or "
        "retrain the same night: the same snapshot gives the same bytes.",
    )


def _parts(root: Any) -> Iterator[Any]:  # noqa: ANN401  (whatever an estimator is made of)
    """Walk everything an estimator is made of, each thing once."""
    seen: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or part is None or isinstance(part, str | bytes | int | float):
            continue
        seen[id(part)] = part  # holds the part, so that its id is not given away
        yield part
        waiting.extend(_inside(part))


def _inside(part: Any) -> Iterator[Any]:  # noqa: ANN401  (whatever an estimator is made of)
    if isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list | tuple | set) or (
        isinstance(part, np.ndarray) and part.dtype == object
    ):
        yield from np.ravel(part) if isinstance(part, np.ndarray) else part
    else:
        yield from getattr(part, "__dict__", {}).values()


def _check_nodes(path: Path, part: Any, columns: int) -> None:  # noqa: ANN401  (any part)
    """Would this part only ever look at its own nodes and at columns that exist?"""
    kind = f"{type(part).__module__}.{type(part).__qualname__}"
    sound = getattr(part, "n_features_in_", columns) == columns
    if kind == _TREE:
        sound = part.n_features == columns and _points_inside(
            part.children_left,
            part.children_right,
            part.feature,
            leaf=part.children_left == _LEAF,
            columns=columns,
        )
        sound = sound and bool(
            np.all((part.children_right == _LEAF) == (part.children_left == _LEAF))
        )
    elif kind == _TREE_PREDICTOR:
        nodes = part.nodes
        sound = not nodes["is_categorical"].any() and _points_inside(
            nodes["left"].astype(np.int64),
            nodes["right"].astype(np.int64),
            nodes["feature_idx"],
            leaf=nodes["is_leaf"].astype(bool),
            columns=columns,
        )
    if not sound:
        raise _refused(path, f"holds a {type(part).__name__} whose parts do not fit together")


def _points_inside(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    feature: NDArray[np.int64],
    *,
    leaf: NDArray[np.bool_],
    columns: int,
) -> bool:
    """Whether every inner node has two later nodes as children and asks about a real column."""
    own = np.arange(len(leaf))[~leaf]
    children = np.stack([left[~leaf], right[~leaf]])
    asked = feature[~leaf]
    return bool(
        len(leaf) > 0
        and np.all((children > own) & (children < len(leaf)))
        and np.all((asked >= 0) & (asked < columns))
    )


def _canonical(data: bytes) -> bytes:
    """Rewrite a skops file without addresses, times and padding."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        names: dict[str, str] = {}
        _renumber(schema, {}, names)
        files = {new: _without_padding(archive.read(old)) for old, new in names.items()}
    files[_SCHEMA] = json.dumps(schema, separators=(",", ":")).encode()
    return _zip(files)


def _renumber(node: Any, numbers: dict[Any, int], names: dict[str, str]) -> None:  # noqa: ANN401
    """Number objects and files in the order they are met, in place."""
    if isinstance(node, list):
        for item in node:
            _renumber(item, numbers, names)
    if not isinstance(node, dict):
        return
    if "__id__" in node:
        # Plain values are shared or not as the interpreter pleases: each gets its own number.
        address = object() if node.get("__loader__") == "JsonNode" else node["__id__"]
        node["__id__"] = numbers.setdefault(address, len(numbers))
    if isinstance(node.get("file"), str) and "__loader__" in node:
        suffix = Path(node["file"]).suffix
        node["file"] = names.setdefault(node["file"], f"{len(names):06d}{suffix}")
    for item in node.values():
        _renumber(item, numbers, names)


def _without_padding(data: bytes) -> bytes:
    """Zero the bytes between the fields of a structured array; they are never written."""
    if not data.startswith(b"\x93NUMPY"):
        return data
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if array.dtype.names is None:
        return data
    clean = np.zeros(array.shape, array.dtype)
    for name in array.dtype.names:
        clean[name] = array[name]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _zip(files: dict[str, bytes]) -> bytes:
    """Pack files in the order of their names; stored, because zlib differs between machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = 3
            entry.external_attr = _READABLE
            archive.writestr(entry, files[name])
    return buffer.getvalue()
