"""From conflicting accounts to a defensible answer."""
