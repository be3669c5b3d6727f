"""What tests of questionnaires speak of."""

from __future__ import annotations

from bureaux_volants.trials.surveys import editing, writing
from tests.factories import TEST


def written_questionnaire(territory_id: int) -> str:
    """The code of a questionnaire of the lab's own: a choice, and a number that depends on it."""
    code = writing.create(territory_id, "Vos trajets", "Deux minutes.", TEST).code
    options = [{"code": r, "text": {"fr": text}} for r, text in (("r1", "En voiture"), ("r2", "Autrement"))]
    choice = {"type": "single", "text": {"fr": "Comment venez-vous ?"}, "options": options}
    number = {"type": "number", "text": {"fr": "Combien de jours ?"}, "min": 0, "max": 7}
    writing.edit(territory_id, code, lambda was: editing.with_question(was, choice), TEST)
    writing.edit(territory_id, code, lambda was: editing.with_question(was, number), TEST)
    condition = {"question": "q1", "is": ["r1"]}
    writing.edit(territory_id, code, lambda was: editing.conditioned(was, "q2", condition), TEST)
    return code
