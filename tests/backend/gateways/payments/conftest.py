"""The payment platform for these tests."""

from tests.backend.gateways.payments.till import merchant, till

__all__ = ["merchant", "till"]
