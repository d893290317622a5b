"""The words of the product, one module per noun: frozen values that do nothing."""
