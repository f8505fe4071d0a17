"""我的 Portal: pages inside WeChat that show one person what several rooms hold about them.

Words: 「我的」, the page of whoever is signed in.
Promise: nobody sees anything here but their own and their children's; nothing is decided here.
"""
