// The function without a body in codec.go needs a file in assembler.
