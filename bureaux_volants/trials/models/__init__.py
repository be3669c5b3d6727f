"""State of the trials: the enquiry, the design and its life, the questionnaires."""

from .enquiry import FieldNote, Finding, NotePhoto, Verbatim
from .figure import KeptFigure, ToldTravel
from .publication import Publication
from .survey import DiaryDay, Invitation, PseudonymKey, Response, Survey, TakeUp, Wave, WaveRelease
from .trial import (
    Amendment,
    Cluster,
    Cohort,
    CohortMember,
    Decision,
    Draw,
    Hypothesis,
    Rating,
    Reading,
    RunningCost,
    Trial,
    TrialPhase,
    Volunteer,
)

__all__ = [
    "Amendment",
    "Cluster",
    "Cohort",
    "CohortMember",
    "Decision",
    "DiaryDay",
    "Draw",
    "FieldNote",
    "Finding",
    "Hypothesis",
    "Invitation",
    "KeptFigure",
    "NotePhoto",
    "PseudonymKey",
    "Publication",
    "Rating",
    "Reading",
    "Response",
    "RunningCost",
    "Survey",
    "TakeUp",
    "ToldTravel",
    "Trial",
    "TrialPhase",
    "Verbatim",
    "Volunteer",
    "Wave",
    "WaveRelease",
]
