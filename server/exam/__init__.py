"""The rules of the exam: pure functions of frozen values, without input, output or a clock."""
