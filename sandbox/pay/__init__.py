"""The payment platforms: WeChat Pay v3 and Alipay, each with the till where a person pays."""
