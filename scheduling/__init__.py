"""Order and time of the exam day: pure functions that import nothing of ours."""
