"""The ground floor: database, money, time, refusal, outbox and audit. It imports nothing of ours."""
