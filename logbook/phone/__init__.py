"""What a member's phone takes along for when there is no signal, and what it brings back."""
