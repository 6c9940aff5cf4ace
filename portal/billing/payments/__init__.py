"""Payments: holds and charges on cards, refunds, and the calls to the processor behind them."""
