"""The description of the model: the parts of it that code and runs decide. It reads the whole model."""
