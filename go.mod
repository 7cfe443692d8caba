module github.com/linnbridge/linnbridge

go 1.26
