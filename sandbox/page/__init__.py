"""The phone in the browser: its page, and the JSON API that the page and the command line share."""
