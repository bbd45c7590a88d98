"""``quality/scorecard.yaml`` of a content directory: which rules speak for which principle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assist.content import BUILT_IN, Content
from assist.quality.principles import Principle
from voice.documents import load_yaml, validate
from voice.errors import DocumentError

Points = Annotated[float, Field(gt=0.0, le=100.0)]


class PrincipleSpec(BaseModel):
    """``rules``: by rule id, the points a finding costs the rule's mark of 100. ``exercise``: what to practise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Mapping[str, Points] = Field(default_factory=dict)
    exercise: str = Field(min_length=1, max_length=240)


class ScorecardSpec(BaseModel):
    """All eight principles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    principles: Mapping[Principle, PrincipleSpec]


def load_scorecard(content: Content, directory: Path = BUILT_IN) -> ScorecardSpec:
    """The file of ``directory``, whose rules must all be in ``content``; without one the built-in file, less the rules
    that ``content`` has not. Raises DocumentError.
    """
    file = directory / "quality" / "scorecard.yaml"
    own = file.exists()
    document = load_yaml(file if own else BUILT_IN / "quality" / "scorecard.yaml")
    spec = validate(document, ScorecardSpec)
    for principle in Principle:
        if principle not in spec.principles:
            raise DocumentError(document.file, None, f"principles: {principle} is missing", "write all eight")
    for principle, each in spec.principles.items():
        for rule in each.rules:
            if own and rule not in content.advice:
                at = ("principles", str(principle), "rules", rule)
                raise document.error(at, f"no rule {rule!r} in rules/", "name a rule that is there")
    if own:
        return spec
    known = {
        principle: each.model_copy(update={"rules": {k: v for k, v in each.rules.items() if k in content.advice}})
        for principle, each in spec.principles.items()
    }
    return ScorecardSpec(principles=known)
