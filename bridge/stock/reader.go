package stock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// stockReader enters what ports return in a book.
type stockReader struct {
	ports Ports
	book  *Book
	now   func() time.Time
}

// shopRead is a reading of the listings, begun at the mark and the moment at. some is the
// error of single products that hold up no others.
type shopRead struct {
	mark     Mark
	at       time.Time
	listings []catalogue.Listing
	some     error
}

// shop reads what is for sale and what it consists of.
func (r stockReader) shop(ctx context.Context) (read shopRead, err error) {
	if err := r.checkLocations(ctx); err != nil {
		return read, err
	}
	mark, at := r.book.Mark(), r.now().UTC()
	var listings []catalogue.Listing
	lost := map[string]string{}
	for l, err := range r.ports.Listings.Listings(ctx) {
		some, err := exceptions.UnreadableIn(err)
		if err != nil {
			return read, fmt.Errorf("reading the listings: %w", err)
		}
		if some != nil {
			maps.Copy(lost, some)
			continue
		}
		listings = append(listings, l)
	}
	if err := raiseUnreadable(ctx, r.ports.Exceptions, lost); err != nil {
		return read, fmt.Errorf("raising the products that cannot be read: %w", err)
	}
	read = shopRead{mark, at, listings, nil}
	listings = append(listings, r.book.missed(listings)...)
	refs := make([]catalogue.SKU, len(listings))
	for i, l := range listings {
		refs[i] = l.SKU
	}
	items, broken, err := r.ports.Catalogue.StockItems(ctx, refs)
	if err != nil {
		return read, fmt.Errorf("reading the catalogue: %w", err)
	}
	if read.some, err = r.findBundles(ctx, listings, catalogue.Lookup{Items: items, Broken: broken}); err != nil {
		return read, fmt.Errorf("reading the bundles: %w", err)
	}
	r.book.setInPart(len(lost) > 0)
	r.book.SetCatalogue(mark, at, listings, items, broken)
	return read, nil
}

// believe takes over what a reading says that the shop shows.
func (b *Book) believe(r shopRead) {
	for _, l := range r.listings {
		b.SetShown(r.mark, r.at, l.ID, l.Stock...)
	}
}

func (r stockReader) checkLocations(ctx context.Context) error {
	if r.ports.Places == nil {
		return nil
	}
	places, err := r.ports.Places.Places(ctx)
	if err != nil {
		return fmt.Errorf("listing each stock location: %w", err)
	}
	err = catalogue.CheckPlaces(ctx, placeList(places), "stock location", r.book.locations...)
	r.book.setPlaces(places, err)
	return err
}

// placeList is a [catalogue.PlaceSource] of what was read.
type placeList []catalogue.Place

func (l placeList) Places(context.Context) ([]catalogue.Place, error) { return l, nil }

// findBundles marks the listings that need no item because they are bundles of
// the shop. Nothing is published for one of which that cannot be read: its product is in some.
// When the first few cannot, and none can, err says so.
func (r stockReader) findBundles(ctx context.Context, listings []catalogue.Listing, known catalogue.Lookup) (some, err error) {
	source := r.ports.Bundles
	if source == nil {
		return nil, nil
	}
	read, failed := 0, 0
	for i, l := range listings {
		if _, err := known.Item(l.SKU); l.Derived || !errors.Is(err, catalogue.ErrUnmapped) {
			continue
		}
		bundle, err := source.IsBundle(ctx, l.ProductID)
		if listings[i].Derived = bundle || err != nil; err == nil {
			read++
			continue
		}
		failed++
		if some = errors.Join(some, fmt.Errorf("whether product %s is a bundle: %w", l.ProductID, err)); ctx.Err() != nil || failed >= mostUnread && read == 0 {
			return nil, some
		}
	}
	return some, nil
}

// seen reads up to when the orders have been seen. The reservations are read after it:
// they then have all orders up to that moment.
func (r stockReader) seen(ctx context.Context) error {
	moments, err := r.ports.Ledger.SeenUpTo(ctx)
	if err != nil {
		return fmt.Errorf("reading up to when the orders have been seen: %w", err)
	}
	r.book.SetSeenUpTo(seenMoment(moments, r.book.options.Shop, r.now()))
	return nil
}

func (r stockReader) ledger(ctx context.Context) error {
	return readLedger(ctx, r.ports.Ledger, r.book, r.now)
}

// levelsFresh is how old the levels may be that a pass publishes by.
const levelsFresh = 30 * time.Second

// oldLevels are the items of the first product whose levels are too old to publish by,
// and those of the next products as far as one call reads them; none if they are not.
func (b *Book) oldLevels(products []ProductStock, now time.Time) (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[int32]bool{}
	for i, p := range products {
		for _, s := range p.SKUs {
			n, have := b.listings.Find(s.ID)
			if !have {
				continue
			}
			for _, part := range b.listings.At(n).allParts() {
				it := b.part(part)
				if !seen[part.item] && !it.untracked && now.Sub(it.at.time()) > levelsFresh {
					seen[part.item] = true
					ids = append(ids, it.id)
				}
			}
		}
		if i == 0 && len(ids) == 0 || len(ids) >= itemBatch {
			break
		}
	}
	return ids
}

// warehouse reads all levels, and what is sold on both sides of that: one reservation may
// be taken after the levels were read, which do not have it, and another dropped meanwhile,
// because its order moved on, that they do not have either.
// some is as levels has it.
func (r stockReader) warehouse(ctx context.Context) (some, err error) {
	for _, step := range []func(context.Context) error{
		r.ledger, func(ctx context.Context) (err error) { some, err = r.levels(ctx, r.book.ItemIDs()); return err }, r.vanished, r.ledger,
	} {
		if err := step(ctx); err != nil {
			return some, err
		}
	}
	return some, nil
}

// levels reads the levels of items, as many as there are.
func (r stockReader) levels(ctx context.Context, ids []string) (some, err error) {
	return levelReader{r.ports.Levels, r.book}.read(ctx, ids)
}

// vanished asks what became of items that a reading left out.
func (r stockReader) vanished(ctx context.Context) error {
	if r.ports.States == nil {
		return nil
	}
	ids := r.book.Vanished()
	if len(ids) == 0 {
		return nil
	}
	states, err := r.ports.States.ItemStates(ctx, ids)
	if err != nil {
		return fmt.Errorf("asking for items that have no level: %w", err)
	}
	r.book.SetItemStates(states)
	return nil
}

// othersRead is how long an order stays in the ledger for the other shops of the account
// to see, whose levels may be older: they read the ledger before every call.
const othersRead = 5 * time.Minute

// release drops the reservations that the levels have made superfluous.
func (r stockReader) release(ctx context.Context) error {
	list := r.book.Superfluous()
	if len(list) == 0 {
		return nil
	}
	shops, err := r.ports.Ledger.SeenUpTo(ctx)
	if err != nil {
		return fmt.Errorf("reading which shops share the ledger: %w", err)
	}
	if now := r.now(); len(shops) > 1 {
		list = slices.DeleteFunc(list, func(s store.Reservation) bool { return now.Sub(s.VisibleAt) < othersRead })
	}
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.OrderID
	}
	own, err := r.ports.Ledger.ReservationsOf(ctx, ids...)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	var drop []string
	for _, s := range list { // each shop drops its own, unless they have changed since
		if mine, have := own[s.OrderID]; have && mine.Shop == s.Shop && mine.VisibleAt.Equal(s.VisibleAt) {
			drop = append(drop, s.OrderID)
		}
	}
	if err := r.ports.Ledger.DropReservations(ctx, drop...); err != nil {
		return fmt.Errorf("dropping the reservations of %d orders: %w", len(drop), err)
	}
	return nil
}

// raiseUnreadable raises the products that cannot be read, and closes what was
// raised of others.
func raiseUnreadable(ctx context.Context, queue exceptions.Queue, reasons map[string]string) error {
	var raised []exceptions.Exception
	objects := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		object := "product " + id
		if id == "" {
			object = "product without id"
		}
		objects[object] = true
		raised = append(raised, exceptions.New(exceptions.Unreadable, object, time.Time{}, reasons[id],
			"look at the product in Seller Center, and report it to the integrator; until it can be read its stock is not updated"))
	}
	if err := exceptions.RaiseAll(ctx, queue, raised); err != nil {
		return err
	}
	open, err := queue.Open(ctx, exceptions.Unreadable)
	if err != nil {
		return err
	}
	for _, e := range open {
		if !objects[e.Object] {
			if err := queue.Clear(ctx, e.Object, e.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadFlight reads what an earlier process has measured, once.
func (r stockReader) loadFlight(ctx context.Context) error {
	if r.ports.Values == nil || r.book.flight.isLoaded() {
		return nil
	}
	value, _, err := r.ports.Values.Value(ctx, flightValue)
	if err != nil {
		return fmt.Errorf("reading how fast the shop sells: %w", err)
	}
	r.book.flight.load(value)
	return nil
}

// keepFlight writes what was measured.
func (r stockReader) keepFlight(ctx context.Context) error {
	if r.ports.Values == nil {
		return nil
	}
	value, err := r.book.flight.keep(r.now())
	if err == nil {
		err = r.ports.Values.PutValue(ctx, flightValue, value)
	}
	if err != nil {
		return fmt.Errorf("keeping how fast the shop sells: %w", err)
	}
	return nil
}
