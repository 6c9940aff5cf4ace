"""What is kept of a membership beside its plan: a change that is ahead, and pauses. The verbs are in portal/membership/."""
