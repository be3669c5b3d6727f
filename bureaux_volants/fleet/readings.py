"""Is what somebody reads on a vehicle believable? Pure.

A figure that is not is asked again, never lost: entered a second time it is kept, marked as doubtful.
"""

from __future__ import annotations

#: Beyond the distance said, what an errand may add before it is asked about, kilometres.
MARGIN_KM = 60
#: So many kilometres an hour is the most a vehicle does over a whole booking.
FASTEST_KMH = 90


def doubt(*, last_km: int | None, read_km: int, hours: float, planned_km: float | None) -> str | None:
    """Why an odometer reading is asked again, as a French sentence; None when it is believable.

    `last_km` is the last believed reading, `hours` the time since, `planned_km` the way there and back that was said.
    """
    if last_km is None:
        return None
    if read_km < last_km:
        return f"Le compteur indiquait déjà {last_km} km : vérifiez les {read_km} km."
    driven = read_km - last_km
    most = FASTEST_KMH * max(hours, 0.5)
    if planned_km is not None:
        most = min(most, planned_km * 2 + MARGIN_KM)
    if driven > most:
        return f"{driven} km depuis le dernier relevé, c'est beaucoup pour ce trajet : vérifiez les {read_km} km."
    return None
