"""What reports read: facts rows within a cut, and the pure rules over them. Every query lives here."""
