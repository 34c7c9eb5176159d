"""Which registered version is champion, and which one was before a given night?

Aliases say only what holds now. Promotions are therefore written on the versions
themselves, so that a night can be run again against the champion it met the first time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from pipelines_lib.canonical import parse

CHAMPION = "champion"
CHALLENGER = "challenger"


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of a model in the registry.

    Attributes:
        model: Name of the model.
        version: Number the registry gave it.
        as_of: The night it was trained for.
        package_sha256: Hash of the model package.
        evidence_sha256: Hash of the evidence that led to it.
        verdict: How the gate decided when it was registered.
        promoted_as_of: The night from which on it was champion, or None.
        run_id: The tracking run it came from.
        artifacts: Path and hash of every file that was handed to the registry.
        aliases: What the registry calls it now.
    """

    model: str
    version: int
    as_of: date
    package_sha256: str
    evidence_sha256: str
    verdict: str
    promoted_as_of: date | None
    run_id: str
    artifacts: tuple[tuple[str, str], ...]
    aliases: tuple[str, ...] = ()

    @classmethod
    def of_tags(
        cls, model: str, version: int, tags: Mapping[str, str], aliases: Iterable[str] = ()
    ) -> Self:
        """Read a version of ours from its tags."""
        promoted = tags.get("promoted_as_of")
        return cls(
            model=model,
            version=version,
            as_of=date.fromisoformat(tags["as_of"]),
            package_sha256=tags["package_sha256"],
            evidence_sha256=tags["evidence_sha256"],
            verdict=tags["verdict"],
            promoted_as_of=date.fromisoformat(promoted) if promoted else None,
            run_id=tags["tracking_run"],
            artifacts=tuple(sorted(parse(tags["artifacts"].encode()).items())),
            aliases=tuple(sorted(aliases)),
        )

    def judged(self, tags: Mapping[str, str]) -> Self:
        """The version after its tags were set anew; a promotion, once written, stays."""
        promoted = tags.get("promoted_as_of")
        return replace(
            self,
            evidence_sha256=tags.get("evidence_sha256", self.evidence_sha256),
            verdict=tags.get("verdict", self.verdict),
            run_id=tags.get("tracking_run", self.run_id),
            promoted_as_of=date.fromisoformat(promoted) if promoted else self.promoted_as_of,
        )

    @property
    def standing(self) -> tuple[date, int]:
        """Order among champions: the later promotion counts, then the later number."""
        return (self.promoted_as_of or self.as_of, self.version)


_TAGS = {
    "as_of",
    "package_sha256",
    "evidence_sha256",
    "verdict",
    "tracking_run",
    "artifacts",
}


def is_ours(tags: Mapping[str, str]) -> bool:
    """Whether a version carries what this product writes on every version it makes."""
    return tags.keys() >= _TAGS


def champion_of(
    versions: Iterable[RegisteredVersion], before: date | None = None
) -> RegisteredVersion | None:
    """The version promoted last: before a night, or at all.

    Args:
        versions: Every version of one model.
        before: The night that is about to run; promotions of that night do not count.
    """
    promoted = [
        version
        for version in versions
        if version.promoted_as_of and (before is None or version.promoted_as_of < before)
    ]
    return max(promoted, key=lambda version: version.standing, default=None)


def may_become_champion(champion: RegisteredVersion | None, as_of: date) -> bool:
    """Whether a version of that night may become champion: never an older after a newer."""
    return champion is None or champion.standing[0] <= as_of


def due_aliases(versions: Iterable[RegisteredVersion]) -> dict[str, int]:
    """Aliases that must be set so that they say what the promotions say.

    An alias is only ever moved forward in time; one that is already right is left out.
    """
    known = tuple(versions)
    newest = max(known, key=lambda version: (version.as_of, version.version), default=None)
    wanted = {CHAMPION: champion_of(known), CHALLENGER: newest}
    due = {}
    for alias, target in wanted.items():
        holder = next((version for version in known if alias in version.aliases), None)
        if target is not None and (holder is None or _is_behind(holder, target, alias)):
            due[alias] = target.version
    return due


def with_aliases(
    versions: Iterable[RegisteredVersion], moved: Mapping[str, int]
) -> tuple[RegisteredVersion, ...]:
    """The versions after aliases were moved: each alias has one holder."""
    return tuple(
        replace(
            version,
            aliases=tuple(
                sorted(
                    {alias for alias in version.aliases if alias not in moved}
                    | {alias for alias, number in moved.items() if number == version.version}
                )
            ),
        )
        for version in versions
    )


def _is_behind(holder: RegisteredVersion, target: RegisteredVersion, alias: str) -> bool:
    if alias == CHAMPION:
        return holder.standing < target.standing
    return (holder.as_of, holder.version) < (target.as_of, target.version)
