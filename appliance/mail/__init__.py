"""Pure mail: bytes on one side, values on the other, and no input or output in between."""
