import unittest

from app.greeting import greeting


class Greeting(unittest.TestCase):
    def test_greets_by_name(self):
        self.assertEqual(greeting("Hello", "Ada"), "Hello, Ada.")

    def test_greets_the_world_where_nobody_is_named(self):
        self.assertEqual(greeting("Hello", ""), "Hello, world.")
