"""What the demo's customers write."""
