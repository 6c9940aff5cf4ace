"""Steps that nothing records yet, because their room is still to be built, and which part of the plan brings it.

A step that is neither here nor recorded somewhere fails the tests; so does one that is both.
"""

from experience.journey import Step

ROAD = "step 6 of 6, on the road"

NOT_YET: dict[Step, str] = {
    Step.DRIVE_INCIDENT: ROAD,
    Step.HELP_CLAIM: ROAD,
}
