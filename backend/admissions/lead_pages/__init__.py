"""客户线索 at a screen: `desk` the list and one lead, `keeping` the rules of who gets one."""
