"""WeChat's server API as official accounts call it, with its error codes, quotas and expiries."""
