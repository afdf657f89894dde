package ppp_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/iplink-go/iplink/ppp"
)

// The link exists until the file is closed.
func ExampleBuilder_File() {
	ctx := context.Background()
	file, err := os.OpenFile("/dev/ppp", os.O_RDWR, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	link, err := ppp.New("ppp0").File(file).MTU(1492).Create(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Name, link.Type, link.MTU)
}
