"""Questions about what members lived through: funnel, times, reasons, places, one journey."""
