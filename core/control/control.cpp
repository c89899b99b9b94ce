namespace stack {}
