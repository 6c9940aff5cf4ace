"""What a carrier says when trying again would not help."""


class Undeliverable(Exception):
    """It takes this message never: the number is none, the subscription is not ours."""


class Gone(Undeliverable):
    """Whoever was there has left for good: the browser unsubscribed."""
