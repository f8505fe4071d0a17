"""A local stand-in for WeChat's and the payment platforms' servers, with a phone in the browser.

It speaks the true protocols over HTTP and knows nothing of the bot behind the webhook, so it can
be pointed at any official-account bot. It imports neither bot nor backend nor nlu.
"""
