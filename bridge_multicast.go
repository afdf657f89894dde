package iplink
