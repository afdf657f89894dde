package iplink

var ifbKind = kind{
	config: "IFB",
}
