"""What a member needs of us so that they can drive: told freely, agreed to, sealed, and gone with one tap."""
