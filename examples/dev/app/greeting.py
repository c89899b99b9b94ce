"""What the application says: the line to change while it runs."""


def greeting(hello, name):
    return f"{hello}, {name or 'world'}."
