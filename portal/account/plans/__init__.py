"""What is kept of a membership beside its plan: a change of plan that is ahead, and pauses. The verbs are in portal/membership/."""
