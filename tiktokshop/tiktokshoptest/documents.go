package tiktokshoptest

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of shipping documents.
const (
	codeDocumentNotReady = 11034037
	codeShipFirst        = 21023035
	codeDocumentGone     = 21042102
	codeCancelledPackage = 21023059
	codeAfterSale        = 21021010
)

// documentLife is how long a document URL works.
const documentLife = 24 * time.Hour

// documentPath is where the fake serves documents. Real ones come from another
// host; the fake answers for any.
const documentPath = "/documents/"

// document is a file to download.
type document struct {
	contentType string
	content     []byte
}

var documentTypes = []string{
	"SHIPPING_LABEL", "PACKING_SLIP", "SHIPPING_LABEL_AND_PACKING_SLIP", "SHIPPING_LABEL_PICTURE", "HAZMAT_LABEL", "INVOICE_LABEL",
}

// shippingDocument serves Fulfillment.GetPackageShippingDocument. The URL in
// the reply works without signature or token, for 24 hours. Documents are PDF
// or, in Brazil and Mexico on demand, ZPL.
//
// https://partner.tiktokshop.com/docv2/page/get-package-shipping-document-202309
func (f *Fake) shippingDocument(in *request) (any, error) {
	kind := in.query.Get("document_type")
	if err := required("document_type", kind); err != nil {
		return nil, err
	}
	if _, err := oneOf("document_type", kind, documentTypes...); err != nil {
		return nil, err
	}
	size, err := oneOf("document_size", in.query.Get("document_size"), "A6", "A5")
	if err != nil {
		return nil, err
	}
	formats := []string{"PDF"}
	if f.market.region == "BR" || f.market.region == "MX" {
		formats = append(formats, "ZPL")
	}
	format, err := oneOf("document_format", in.query.Get("document_format"), formats...)
	if err != nil {
		return nil, err
	}
	p, err := f.packageOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if err := f.printable(p); err != nil {
		return nil, err
	}
	if !p.documentAsked {
		p.documentAsked = true
		if f.has(QuirkDocumentNotReady) {
			return nil, fail(codeDocumentNotReady, "The document is still being made")
		}
	}
	expires := strconv.FormatInt(f.now.Add(documentLife).Unix(), 10)
	name := p.id + "_" + kind + "_" + size + "." + strings.ToLower(format)
	return tiktokshop.GetPackageShippingDocumentResponse{
		DocURL:         in.base + documentPath + name + "?expires=" + expires + "&key=" + f.documentKey(name, expires),
		TrackingNumber: p.tracking,
	}, nil
}

// printable refuses packages that have no documents now.
func (f *Fake) printable(p *parcel) error {
	switch o := p.lines[0].order; {
	case o.info.ShippingType != tiktokshop.ShippingTypeTikTok:
		return fail(codeNotTikTok, "Only packages of TikTok Shipping have documents")
	case p.status == tiktokshop.PackageStatusCancelled:
		return fail(codeCancelledPackage, "The package is cancelled")
	case o.request != nil:
		return fail(codeAfterSale, "A cancellation is pending")
	case !p.arranged:
		return fail(codeShipFirst, "Ship the package first")
	case p.status != tiktokshop.PackageStatusProcessing:
		return fail(codeDocumentGone, "The package has been collected")
	}
	return nil
}

// documentKey keeps the URL from being made up or prolonged.
func (f *Fake) documentKey(name, expires string) string {
	return signature(f.app.Secret.Reveal(), documentPath+name+expires, nil, "", nil)[:16]
}

// download serves a document.
func (f *Fake) download(in *request) (any, error) {
	name, expires := in.params[0], in.query.Get("expires")
	until, err := strconv.ParseInt(expires, 10, 64)
	switch {
	case err != nil || in.query.Get("key") != f.documentKey(name, expires):
		return nil, failStatus(http.StatusForbidden, codeOverloaded, "Invalid document URL")
	case f.now.Unix() >= until && f.has(QuirkDocumentExpires):
		return nil, failStatus(http.StatusForbidden, codeOverloaded, "The document URL has expired")
	}
	parts := strings.SplitN(name[:len(name)-len(".pdf")], "_", 2)
	var p *parcel
	for _, shop := range f.shops {
		if known := shop.packageByID[parts[0]]; known != nil {
			p = known
		}
	}
	kind, size := parts[1][:len(parts[1])-3], parts[1][len(parts[1])-2:]
	lines := []string{strings.ReplaceAll(kind, "_", " "), "Package " + p.id, p.provider.Name, "Tracking " + p.tracking}
	for _, o := range p.orders() {
		lines = append(lines, "Order "+o.info.ID)
	}
	if strings.HasSuffix(name, ".zpl") {
		return &document{"text/plain", zpl(lines)}, nil
	}
	return &document{"application/pdf", pdf(size, lines)}, nil
}

// zpl writes lines for a label printer.
func zpl(lines []string) []byte {
	var out bytes.Buffer
	fmt.Fprint(&out, "^XA\n")
	for i, line := range lines {
		fmt.Fprintf(&out, "^FO30,%d^A0N,28^FD%s^FS\n", 30+40*i, strings.NewReplacer("^", " ", "~", " ").Replace(line))
	}
	fmt.Fprint(&out, "^XZ\n")
	return out.Bytes()
}

// pdf writes a page of text as a complete PDF file.
func pdf(size string, lines []string) []byte {
	box := "[0 0 298 420]" // A6 in points
	if size == "A5" {
		box = "[0 0 420 595]"
	}
	var text bytes.Buffer
	fmt.Fprint(&text, "BT /F1 11 Tf 18 380 Td 15 TL\n")
	escape := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`)
	for _, line := range lines {
		fmt.Fprintf(&text, "(%s) Tj T*\n", escape.Replace(line))
	}
	fmt.Fprint(&text, "ET\n")
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox " + box + " /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%sendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var out bytes.Buffer
	fmt.Fprint(&out, "%PDF-1.4\n")
	var offsets []int
	for i, object := range objects {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	start := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return out.Bytes()
}
