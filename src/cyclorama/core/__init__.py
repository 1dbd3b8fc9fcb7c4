"""What every room uses: frames, errors, clocks, and what Linux says of devices."""
