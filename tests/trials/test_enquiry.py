"""Notes name nobody, quote nobody who would not be quoted, and findings say what they led to."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from bureaux_volants.booking.photos import clean
from bureaux_volants.trials import enquiry
from bureaux_volants.trials.enquiry import Note, findings_csv, quotable, save_finding, save_note
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import FieldNote, Finding, NotePhoto, Verbatim
from bureaux_volants.trials.personal import personal_in
from tests import factories
from tests.booking.words import by

from .words import NOW, TEST, Field

SAID = Note(
    kind="interview",
    day=dt.date(2026, 11, 12),
    text="Elle vient de loin, trois quarts d'heure de voiture.",
    who="une agente d'accueil",
    place="mairie",
    tags=(" Trajet ", "accueil", "trajet"),
    consent="given",
    consent_at=dt.date(2026, 11, 12),
    verbatims=("Je passe ma vie sur la route.",),
)


@pytest.mark.parametrize(
    "text",
    [
        "écrire à prenom.nom@exemple.fr",
        "prenom (at) exemple.fr",
        "au 06 12 34 56 78",
        "au 0612345678 !",
        "+33 6 12 34 56 78",
        "0033.6.12.34.56.78",
        "03-87-00-00-00",
    ],
)
def test_an_address_or_a_number_is_found(text: str) -> None:
    assert personal_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "à 57000 Metz, 12 agents @ 9 h",
        "SIRET 20003986500012",
        "12,5 km et 45 minutes",
        "du 01/02/2026 au 03/04/2026",
        "0,25 kg",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert personal_in(text) is None


@pytest.mark.parametrize("field", ["who", "place", "text", "verbatims"])
def test_a_note_with_somebodys_address_is_not_kept(lab_field: Field, field: str) -> None:
    address = "ada@exemple.fr"
    said = replace(SAID, **{field: (address,) if field == "verbatims" else address})
    with pytest.raises(TrialRefused, match=r"retirez l'adresse « ada@exemple\.fr »"):
        save_note(lab_field.territory.pk, said, TEST, now=NOW)
    assert not FieldNote.objects.exists()


def test_a_note_is_kept_and_its_tags_once_each(lab_field: Field) -> None:
    note = save_note(lab_field.territory.pk, SAID, TEST, now=NOW)
    assert note.tags == ["accueil", "trajet"]
    assert [v.text for v in note.verbatims.all()] == ["Je passe ma vie sur la route."]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"day": dt.date(2026, 12, 1)}, "à venir"),
        ({"consent_at": None}, "quel jour l'accord"),
        ({"consent": "refused"}, "ne gardez pas ses phrases"),
        ({"commune_id": 999999999}, "pas du territoire"),
        ({"trial_id": 999999999}, "n'existe pas"),
    ],
)
def test_a_note_that_cannot_be_so_is_refused(lab_field: Field, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TrialRefused, match=said):
        save_note(lab_field.territory.pk, replace(SAID, **wrong), TEST, now=NOW)


def test_when_consent_is_taken_back_the_sentences_go(lab_field: Field) -> None:
    here = lab_field.territory.pk
    note = save_note(here, SAID, TEST, now=NOW)
    assert quotable(here).count() == 1
    save_note(here, replace(SAID, consent="refused", verbatims=()), TEST, note_id=note.pk, now=NOW)
    assert not Verbatim.objects.exists()
    assert FieldNote.objects.get().consent_at is None


def test_a_sentence_without_consent_is_never_quoted_however_it_came_there(lab_field: Field) -> None:
    here = lab_field.territory.pk
    note = save_note(here, SAID, TEST, now=NOW)
    save_finding(here, "La route pèse", "", [note.pk], TEST, now=NOW)
    assert "Je passe ma vie" in findings_csv(here).decode()
    FieldNote.objects.update(consent="refused")
    assert "Je passe ma vie" not in findings_csv(here).decode()


def test_the_export_of_findings_says_nothing_of_people(lab_field: Field) -> None:
    here, author = lab_field.territory.pk, factories.agent(lab_field.territory, last_name="Dupontel")
    note = save_note(here, SAID, by(author), now=NOW)
    enquiry.add_photo(here, note.pk, clean(picture()), "Le parking plein", by(author))
    save_finding(here, "=La route pèse", "", [note.pk], by(author), led_to="L'essai par étapes", now=NOW)
    text = findings_csv(here).decode("utf-8-sig")
    assert "La route pèse" in text
    assert "L'essai par étapes" in text
    for hidden in ("Dupontel", "agente d'accueil", "parking", ".jpg", "mairie", note.reference):
        assert hidden not in text
    # A spreadsheet takes a cell that begins with = for a formula.
    assert "\n'=La route pèse" in text.replace("\r", "")


def test_a_finding_rests_on_notes_of_its_own_territory(lab_field: Field) -> None:
    elsewhere = factories.territory().pk
    theirs = save_note(elsewhere, SAID, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="au moins une note"):
        save_finding(lab_field.territory.pk, "La route pèse", "", [theirs.pk], TEST, now=NOW)
    with pytest.raises(NotFound):
        save_note(lab_field.territory.pk, SAID, TEST, note_id=theirs.pk, now=NOW)
    with pytest.raises(NotFound):
        enquiry.delete_note(lab_field.territory.pk, theirs.pk, TEST)


def test_a_finding_leads_to_a_trial_and_its_hypotheses(lab_field: Field) -> None:
    here = lab_field.territory.pk
    note, trial = save_note(here, SAID, TEST, now=NOW), lab_field.trial()
    finding = save_finding(here, "La route pèse", "", [note.pk], TEST, trial_id=trial.pk, now=NOW)
    trial.hypotheses.update(finding=finding)
    text = findings_csv(here).decode()
    assert trial.title in text
    assert "Le temps de trajet baisse aussi." in text


def picture() -> io.BytesIO:
    sent, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Une marque"
    Image.new("RGB", (40, 30), "grey").save(sent, "JPEG", exif=exif)
    sent.seek(0)
    return sent


def test_a_picture_is_kept_without_what_the_camera_wrote_and_never_without_words(lab_field: Field) -> None:
    here = lab_field.territory.pk
    note = save_note(here, SAID, TEST, now=NOW)
    with pytest.raises(TrialRefused, match="ce qu'on voit"):
        enquiry.add_photo(here, note.pk, clean(picture()), " ", TEST)
    photo = enquiry.add_photo(here, note.pk, clean(picture()), "Le parking plein", TEST)
    with Image.open(photo.image.open("rb")) as kept:
        assert not kept.getexif()
    for _n in range(5):
        enquiry.add_photo(here, note.pk, clean(picture()), "Le parking", TEST)
    with pytest.raises(TrialRefused, match="6 photos au plus"):
        enquiry.add_photo(here, note.pk, clean(picture()), "Une de trop", TEST)


def test_a_note_goes_with_its_pictures_and_its_files(lab_field: Field, django_capture_on_commit_callbacks: Any) -> None:
    here = lab_field.territory.pk
    note = save_note(here, SAID, TEST, now=NOW)
    photo = enquiry.add_photo(here, note.pk, clean(picture()), "Le parking plein", TEST)
    finding = save_finding(here, "La route pèse", "", [note.pk], TEST, now=NOW)
    storage, name = photo.image.storage, photo.image.name
    with django_capture_on_commit_callbacks(execute=True):
        enquiry.delete_note(here, note.pk, TEST)
    assert not storage.exists(name)
    assert not NotePhoto.objects.exists()
    assert Finding.objects.get() == finding
