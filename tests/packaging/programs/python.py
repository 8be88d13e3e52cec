import once_again

print("once-again", once_again.core_version())
